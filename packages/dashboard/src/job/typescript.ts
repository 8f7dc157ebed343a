/** The program that starts a job with the same input. */
export function typescriptOf({ task_type, input }: { task_type: string; input: unknown }, api: string): string {
  return [
    `import { createBackbeatClient } from 'backbeat/client'`,
    '',
    `const client = createBackbeatClient({ baseUrl: ${JSON.stringify(api)}, token: process.env.BACKBEAT_ADMIN_TOKEN })`,
    `const { job_id } = await client.trigger(${JSON.stringify(task_type)}, ${literalOf(input)})`,
    'const job = await client.waitFor(job_id)',
    '',
  ].join('\n')
}

/** JSON is a literal of TypeScript, but for one key that would be taken for the prototype. */
function literalOf(input: unknown): string {
  return JSON.stringify(input, null, 2).replaceAll('"__proto__":', '["__proto__"]:')
}
