import type { z } from '@hono/zod-openapi'
import type { InputIssue } from '../errors.ts'

/** What zod found wrong, with a path for each unknown key of its own. */
export function issuesOf(error: z.ZodError): InputIssue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is not known here; check the spelling' }))
  })
}
