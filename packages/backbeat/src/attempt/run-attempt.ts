import type { Clock, Timer } from '../clock.ts'
import {
  BackbeatError,
  InvalidInputError,
  isPassingStoreFault,
  JobCancelledError,
  ShutdownError,
  SoftTimeLimitError,
  UnknownTaskError,
} from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Ending, Outcome } from '../job/outcome.ts'
import { recordError } from '../job/recorded-error.ts'
import { Redactor } from '../redaction/redactor.ts'
import type { Vault } from '../redaction/vault.ts'
import type { AttemptTransaction } from '../store/store.ts'
import type { Resources } from '../task/context.ts'
import type { AnyTask } from '../task/define.ts'
import { parseInput } from '../task/input.ts'
import type { TaskRegistry } from '../task/registry.ts'
import type { AttemptAbort } from './attempt-abort.ts'
import { AttemptContext } from './context.ts'
import type { Recorder } from './recorder.ts'
import { redactOutcome } from './redacting-recorder.ts'
import { outcomeOf } from './returned.ts'
import { AttemptTools } from './tools.ts'
import { TransactionalAttempt } from './transaction.ts'

/** What an executor brings to every attempt that it runs. */
export interface ExecutorEnvironment {
  registry: TaskRegistry
  resources: Resources
  clock: Clock
  /** Opens what is sealed in inputs. */
  vault: Vault
  /** Begins a transaction of the store's database, for transactional tasks. */
  beginAttempt(): Promise<AttemptTransaction>
}

/**
 * Runs one attempt in this thread: finds the task, checks the input, calls `run`, and says how it
 * ended. Never rejects.
 *
 * @param abort its reason decides what an error after it means
 */
export async function runAttempt(
  assignment: Assignment,
  abort: AttemptAbort,
  recorder: Recorder,
  environment: ExecutorEnvironment,
): Promise<Ending> {
  const { registry, resources, vault, clock } = environment
  const task = registry.find(assignment.taskType)
  if (!task) return failure(new UnknownTaskError(assignment.taskType), false, clock)

  const softLimit = startSoftLimit(task, abort, clock)
  let redactor: Redactor | undefined
  let transaction: TransactionalAttempt | undefined
  let tools: AttemptTools | undefined
  try {
    const opened = vault.openInputOf(task.name, assignment)
    redactor = new Redactor(opened.input, task.redaction)
    redactor.watch()
    if (task.transactional) {
      const begun = await begin(environment)
      if (begun === 'unreachable') return { kind: 'lost', reason: 'No transaction could be begun in the database' }
      transaction = new TransactionalAttempt(begun, opened, recorder)
    }
    tools = new AttemptTools(opened, abort, transaction ?? recorder, redactor, clock)
    // A moment later in any case, so that whoever supervises the attempt has begun before the task does.
    const input = await parseInput(task, opened.input)
    abort.throwIfAborted()
    const returned: unknown = task.run(input, Object.assign(new AttemptContext(tools, transaction?.handle), resources))
    const outcome = outcomeOf(isThenable(returned) ? await returned : returned, abort.reason, clock)
    if (outcome.kind === 'success') outcome.warnings.push(...tools.itemWarnings())
    const redacted = redactOutcome(outcome, redactor)
    tools.flush()
    if (!transaction) return redacted
    const policy = { backoff: task.retry.backoff, notifyOn: registry.notifyOn(task.name) }
    return await transaction.end(redacted, policy, clock.now())
  } catch (thrown) {
    const error = await undone(thrown, tools, transaction)
    // What the task says of it is no fault of its own, and is none that its retry policy can know.
    if (transaction?.isLost) return { kind: 'lost', reason: 'The connection of its transaction was lost' }
    const outcome = outcomeOfError(error, task, abort.reason, clock)
    return redactOutcome(outcome, redactor ?? new Redactor(null, task.redaction))
  } finally {
    softLimit?.cancel()
    redactor?.unwatch()
  }
}

/** What the attempt failed with: its own error, unless even ending it fails. */
async function undone(thrown: unknown, tools?: AttemptTools, transaction?: TransactionalAttempt): Promise<unknown> {
  try {
    try {
      tools?.flush()
    } finally {
      await transaction?.rollback()
    }
    return thrown
  } catch (error) {
    return error
  }
}

async function begin({ beginAttempt }: ExecutorEnvironment): Promise<AttemptTransaction | 'unreachable'> {
  try {
    return await beginAttempt()
  } catch (error) {
    if (isPassingStoreFault(error)) return 'unreachable'
    throw error
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayBe = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return mayBe && 'then' in value && typeof value.then === 'function'
}

function startSoftLimit(task: AnyTask, abort: AttemptAbort, clock: Clock): Timer | undefined {
  const { softMs } = task.limits
  if (softMs === null) return undefined
  return clock.setTimer(() => abort.abort(new SoftTimeLimitError(softMs)), softMs)
}

function outcomeOfError(thrown: unknown, task: AnyTask, reason: BackbeatError | undefined, clock: Clock): Outcome {
  if (reason instanceof JobCancelledError) return { kind: 'cancelled', reason: reason.message }
  if (reason instanceof ShutdownError) return { kind: 'released', reason: reason.message }
  if (thrown instanceof InvalidInputError) return failure(thrown, false, clock)
  const error = reason && comesFromAbort(thrown, reason) ? reason : thrown
  return failure(error, isTransient(task, error), clock)
}

/** Libraries answer an abort with its reason, wrap it, or throw an `AbortError` of their own. */
function comesFromAbort(thrown: unknown, reason: unknown): boolean {
  return thrown instanceof Error && (thrown === reason || thrown.cause === reason || thrown.name === 'AbortError')
}

function isTransient(task: AnyTask, error: unknown): boolean {
  try {
    return task.retry.isTransient(error)
  } catch {
    // A policy that throws cannot say that the error may pass.
    return false
  }
}

function failure(error: unknown, transient: boolean, clock: Clock): Outcome {
  const recorded = recordError(error, clock.now())
  // Where our own errors were thrown from is of no use to anyone.
  if (error instanceof BackbeatError) delete recorded.traceback
  return { kind: 'failure', transient, error: recorded }
}
