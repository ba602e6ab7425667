// Starts the page, or says why it cannot. A file of its own, because the page's security policy forbids inline scripts.

// The smallest module that uses a 128-bit vector instruction; browsers from before 2021 (Safari: 2023) refuse it.
const SIMD_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

const place = document.getElementById("page");

const refuse = (sentence) => {
  place.setAttribute("role", "alert");
  place.textContent = sentence;
};

const start = async () => {
  place.textContent = "Starting…";
  if (typeof WebAssembly !== "object") {
    return refuse("This browser has no WebAssembly (or has it switched off), and the model cannot run without it.");
  }
  if (!WebAssembly.validate(new Uint8Array(SIMD_PROBE))) {
    return refuse(
      "This browser is too old for the model: it lacks WebAssembly SIMD, " +
        "which Chrome and Firefox have had since 2021 and Safari since 16.4. Please update it.",
    );
  }
  const program = document.getElementById("program");
  try {
    const { default: init } = await import(program.href);
    await init({ module_or_path: new URL(program.dataset.wasm, document.baseURI) });
  } catch (reason) {
    console.error(reason);
    refuse("The page's program did not arrive. Check the connection, and reload the page.");
  }
};

start();
