// What a browser may lack that nothing here can do without.

// The smallest module that uses a 128-bit vector instruction; browsers from before 2021 (Safari: 2023) refuse it.
const SIMD_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

/** What this browser lacks, in a sentence; nothing if it lacks nothing. */
export const lack = () => {
  if (typeof WebAssembly !== "object") {
    return "This browser has no WebAssembly (or has it switched off), and the model cannot run without it.";
  }
  if (!WebAssembly.validate(new Uint8Array(SIMD_PROBE))) {
    return (
      "This browser is too old for the model: it lacks WebAssembly SIMD, " +
      "which Chrome and Firefox have had since 2021 and Safari since 16.4. Please update it."
    );
  }
};
