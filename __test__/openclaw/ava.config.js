/** The tests in a real plugin host, apart from the others: each starts a gateway of 800 MB. */
export default {
  files: ["__test__/openclaw/*.test.js"],
  workerThreads: false,
  concurrency: 1,
  timeout: "6m",
};
