import { load } from "undertone";
import Worker from "undertone/worker?worker";

// A worker of a blob:, and one of a file, for policies that forbid the first.
const engines = await Promise.all([load({ base: "/undertone/" }), load({ base: "/undertone/", createWorker: () => new Worker() })]);
const [one, other] = await Promise.all(engines.map((undertone) => undertone.classify("{text}")));
if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error("The workers differ.");
document.querySelector("#score").textContent = JSON.stringify(one);
