export default { optimizeDeps: { exclude: ["undertone"] }, build: { target: "es2022" } };
