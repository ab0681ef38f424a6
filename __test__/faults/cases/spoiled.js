/** A host whose answers to work are no good, while it says that it is well. */
const lost = { health: /unhealthy/, breaker: /open/, lastError: /connection was lost/ };
const bad = { health: /unhealthy/, breaker: /open/, lastError: /answer is no good/ };
const late = { ...lost, lastError: /the answer stopped, or came too slowly/ };

const spoiled = (how, what, shows) => ({
  title: `one of three ${what}`,
  shows,
  inject: ({ victims: [gate] }) => gate.spoil(how),
  restore: ({ victims: [gate] }) => gate.spoil("none"),
});

export default [
  spoiled("cut", "closes in the middle of every answer", lost),
  spoiled("reset", "resets the connection in the middle of every answer", lost),
  spoiled("short", "sends more than it announced", bad),
  spoiled("stranger", "answers as another service would", bad),
  spoiled("noise", "answers with noise", lost),
  spoiled("page", "answers with the error page of a proxy", { ...lost, lastError: /status 502: <html>/ }),
  spoiled("dribble", "sends answers a byte at a time", late),
];
