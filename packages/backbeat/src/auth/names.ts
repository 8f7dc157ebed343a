import { BackbeatError } from '../errors.ts'
import { isTaskPattern } from '../task/patterns.ts'

const NAME = /^[a-z0-9][a-z0-9._@+-]{0,99}$/
const MAX_PATTERNS = 50

/** The name of a user or token, in the one way in which it is kept. @throws BackbeatError `invalid_name` */
export function checkedName(what: 'user' | 'token', given: string): string {
  const name = knownName(given)
  if (name !== undefined) return name
  throw new BackbeatError(
    'invalid_name',
    `That is not a ${what}'s name. Give 1 to 100 letters, digits, dots, dashes and the like, such as ${what === 'user' ? 'ana or ana@example.com' : 'ci-deploy'}.`,
    { status: 422 },
  )
}

/** The name that somebody may have; `undefined` where nobody can. */
export function knownName(given: string): string | undefined {
  const name = given.trim().toLowerCase()
  return NAME.test(name) ? name : undefined
}

/** @throws BackbeatError `invalid_task_pattern` */
export function checkedPatterns(patterns: readonly string[] | null): string[] | null {
  if (patterns === null) return null
  const wrong = patterns.find((pattern) => !isTaskPattern(pattern))
  if (wrong === undefined && patterns.length > 0 && patterns.length <= MAX_PATTERNS) return [...patterns]
  const what = wrong === undefined ? `there are ${patterns.length} patterns` : `${JSON.stringify(wrong)} is no pattern`
  throw new BackbeatError(
    'invalid_task_pattern',
    `The tasks cannot be limited: ${what}. Give 1 to ${MAX_PATTERNS} such as "catalog.*", or leave them out for every task.`,
    { status: 422 },
  )
}
