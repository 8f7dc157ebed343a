import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type InputIssue, InvalidInputError } from '../errors.ts'
import type { AnyTask } from './define.ts'

/** A hostile input can be wrong in a million places; nobody reads more than these. */
const MAX_ISSUES = 100

/**
 * The input as the task's `run` will see it: checked, with defaults and transforms applied. A promise
 * of it only where the schema takes its time.
 *
 * @throws InvalidInputError with a path for each value that is wrong
 */
export function parseInput(task: AnyTask, input: unknown): unknown {
  const schema: StandardSchemaV1 = task.input
  const validated = schema['~standard'].validate(input)
  return validated instanceof Promise ? validated.then((outcome) => checked(task, outcome)) : checked(task, validated)
}

function checked(task: AnyTask, outcome: StandardSchemaV1.Result<unknown>): unknown {
  if (outcome.issues) throw new InvalidInputError(task.name, outcome.issues.slice(0, MAX_ISSUES).map(toInputIssue))
  return outcome.value
}

function toInputIssue(issue: StandardSchemaV1.Issue): InputIssue {
  const path = (issue.path ?? []).map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
  return { path, message: issue.message }
}
