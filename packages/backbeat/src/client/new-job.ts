import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../clock.ts'
import { type Duration, toMs } from '../duration.ts'
import { BackbeatError, InvalidInputError } from '../errors.ts'
import { findJsonIssue, type Json } from '../json.ts'
import type { NewJob } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import { parseInput } from '../task/input.ts'

/** A larger input belongs in a file or a table, with a reference to it in the input. */
export const MAX_INPUT_BYTES = 1024 * 1024
const MAX_RUN_AT = Date.UTC(9999, 11, 31)
const MAX_TAGS = 20
const MAX_TAG_LENGTH = 200

export interface EnqueueOptions {
  /** Who asked: `manual:<user>`, `api:<token>` and the like. Default: `app`. */
  triggeredBy?: string
  /** Default: the task's. */
  queue?: string
  /** Higher runs first, from -1000 to 1000. Default: the task's. */
  priority?: number
  /** Not before this time. */
  runAt?: Date
  /** Not before this long from now. */
  delay?: Duration
  /** Up to 20 words to find the job by, such as `shop=nord`. */
  tags?: readonly string[]
}

/**
 * A job as it will be stored, or the reason why it cannot be.
 *
 * @throws InvalidInputError, and BackbeatError `invalid_option`, `input_too_large`, `invalid_duration`
 */
export async function newJobOf(task: AnyTask, input: unknown, options: EnqueueOptions, clock: Clock): Promise<NewJob> {
  const stored = storableInput(task, input)
  const parsed = await parseInput(task, stored)
  return {
    id: uuidv7(),
    taskType: task.name,
    queue: checkedText('queue', options.queue ?? task.queue, 100),
    priority: checkedPriority(options.priority ?? task.priority),
    input: stored,
    triggeredBy: checkedText('triggeredBy', options.triggeredBy ?? 'app', 200),
    tags: checkedTags([...task.tagsOf(parsed), ...(options.tags ?? [])]),
    runAt: runAtOf(options, clock),
    maxAttempts: task.retry.maxAttempts,
    maxRedeliveries: task.maxRedeliveries,
    uniqueKey: checkedUniqueKey(task, parsed),
    retriedFromId: null,
    retryScope: 'all',
    totalItems: 0,
  }
}

function runAtOf({ runAt, delay }: EnqueueOptions, clock: Clock): number | null {
  if (delay === undefined && runAt === undefined) return null
  const at = delay === undefined ? (runAt?.getTime() ?? Number.NaN) : clock.now() + toMs(delay, 'delay')
  if (Number.isNaN(at)) throw invalidOption('runAt is not a valid date')
  if (at > MAX_RUN_AT) throw invalidOption('it would run after the year 9999')
  return at
}

/** The input as it is stored: plain JSON that nothing the caller does later can change. */
function storableInput(task: AnyTask, input: unknown): Json {
  const issue = input === undefined ? undefined : findJsonIssue(input)
  if (issue) throw new InvalidInputError(task.name, [issue])
  const text = JSON.stringify(input) ?? 'null'
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_INPUT_BYTES) {
    throw new BackbeatError(
      'input_too_large',
      `The input of ${task.name} is ${bytes} bytes long, and at most ${MAX_INPUT_BYTES} are stored. Put it in a file or a table and pass a reference to it.`,
      { status: 413 },
    )
  }
  return JSON.parse(text)
}

function checkedUniqueKey(task: AnyTask, input: unknown): string | null {
  const key = task.uniqueKey(input)
  return key === null ? null : checkedText(`unique.key of ${task.name}`, key, 500)
}

function checkedText(name: string, value: unknown, maxLength: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength && isStorable(value)) return value
  throw invalidOption(`${name} is not a text of 1 to ${maxLength} characters without control characters`)
}

function isStorable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.isWellFormed() && !/[\u0000-\u001f]/.test(text)
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= 1000) return priority
  throw invalidOption(`priority is ${priority} and not a whole number from -1000 to 1000`)
}

function checkedTags(tags: readonly string[]): string[] {
  if (tags.length > MAX_TAGS) throw invalidOption(`there are ${tags.length} tags, and at most ${MAX_TAGS} are kept`)
  return [...new Set(tags.map((tag) => checkedText('a tag', tag, MAX_TAG_LENGTH)))]
}

function invalidOption(what: string): BackbeatError {
  return new BackbeatError('invalid_option', `The job cannot be enqueued: ${what}.`, { status: 422 })
}
