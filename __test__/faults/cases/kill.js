/** A host dies with everything it was asked, and is started again later. */
export default {
  title: "one of three is killed (SIGKILL), and started again on its port",
  shows: { health: /unhealthy/, breaker: /open/, lastError: /refused|reset|closed|lost/ },
  inject: ({ victims: [host] }) => host.end("SIGKILL"),
  restore: ({ victims: [host] }) => host.start(),
};
