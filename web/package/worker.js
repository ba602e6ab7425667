// The end of the package's worker file, behind the engine's scripts: begins with the first message.

import { boot } from "../boot.js";

addEventListener("message", ({ data }) => boot(data), { once: true });
