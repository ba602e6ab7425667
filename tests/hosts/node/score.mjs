import { load } from "undertone";

const undertone = await load();
console.log(JSON.stringify(await undertone.classify("{text}")));
undertone.dispose();
