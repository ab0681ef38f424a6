/** The one function that is imported from OpenClaw at run time; see `src/keys.ts`. */
declare module "openclaw/plugin-sdk/secret-input-runtime" {
  export function resolveConfiguredSecretInputString(request: {
    config: unknown;
    env: NodeJS.ProcessEnv;
    value: unknown;
    path: string;
    unresolvedReasonStyle: "detailed";
  }): Promise<{ value?: string; unresolvedRefReason?: string }>;
}
