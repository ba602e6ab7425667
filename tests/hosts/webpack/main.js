import { load } from "undertone";

const createWorker = () => new Worker(new URL("undertone/worker", import.meta.url));
const engines = await Promise.all([load({ base: "/undertone/" }), load({ base: "/undertone/", createWorker })]);
const [one, other] = await Promise.all(engines.map((undertone) => undertone.classify("{text}")));
if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error("The workers differ.");
const unplaced = await load().catch(({ kind, message }) => `${kind}: ${message}`);
document.body.append(Object.assign(document.createElement("p"), { id: "unplaced", textContent: unplaced }));
document.body.append(Object.assign(document.createElement("p"), { id: "score", textContent: JSON.stringify(one) }));
