import { AsyncLocalStorage } from 'node:async_hooks'
import { AttemptAbort } from '../attempt/attempt-abort.ts'
import { type ExecutorEnvironment, runAttempt } from '../attempt/run-attempt.ts'
import { BackbeatError } from '../errors.ts'
import type { Assignment, Lease } from '../job/assignment.ts'
import { recordError } from '../job/recorded-error.ts'
import { Outbox } from '../outbox.ts'
import { redactForAll } from '../redaction/redactor.ts'
import { type ExecutorSettings, leaseKey, type ToExecutor, type ToWorker } from './messages.ts'
import { RemoteRecorder } from './remote-recorder.ts'
import { fromStopReason } from './stop-reason.ts'

/** The way from an executor to its worker. */
export interface HostChannel {
  send(messages: ToWorker[]): void
  listen(receive: (messages: readonly ToExecutor[]) => void): void
  memoryInUse(): number
  /** Ends this executor once what was sent has left it. */
  end(exitCode: number): void
}

/** What an executor opens before it takes attempts. */
export interface HostedEnvironment extends ExecutorEnvironment {
  close(): Promise<void>
}

/** The executor's own side: loads the application, runs the attempts that it is given, and says how it ends. */
export class AttemptHost {
  readonly #channel: HostChannel
  readonly #settings: ExecutorSettings
  readonly #outbox: Outbox<ToWorker>
  readonly #attempts = new Map<string, { abort: AttemptAbort; recorder: RemoteRecorder }>()
  /** Which attempt the running code belongs to, also when nobody awaits it. */
  readonly #whose = new AsyncLocalStorage<Lease>()
  #ending = false

  constructor(channel: HostChannel, settings: ExecutorSettings) {
    this.#channel = channel
    this.#settings = settings
    this.#outbox = new Outbox((messages) => channel.send(this.#withMemory(messages)))
  }

  /** Serves until it is told to stop. */
  async serve(open: () => Promise<HostedEnvironment>): Promise<void> {
    process.on('uncaughtException', (error) => this.#crash(error))
    process.on('exit', () => this.#tellExit())
    const opened = Promise.withResolvers<HostedEnvironment>()
    // Heard from the start, so that no message is lost while the application loads.
    this.#channel.listen((messages) => void opened.promise.then((environment) => this.#receive(messages, environment)))
    try {
      const environment = await open()
      // Told before the first attempt may block this event loop: what dies unready has run nothing.
      this.#outbox.push({ kind: 'ready' })
      this.#outbox.flush()
      opened.resolve(environment)
    } catch (error) {
      this.#ending = true
      this.#outbox.push({ kind: 'load_failed', error: describeLoadError(error, this.#settings.module) })
      this.#outbox.flush()
      this.#channel.end(1)
    }
  }

  #receive(messages: readonly ToExecutor[], environment: HostedEnvironment): void {
    for (const message of messages) {
      switch (message.kind) {
        case 'run':
          void this.#run(message.assignment, environment)
          break
        case 'abort':
          this.#attempts.get(leaseKey(message.lease))?.abort.abort(fromStopReason(message.reason))
          break
        case 'stop':
          void this.#stop(environment)
          break
        default:
          this.#attempts.get(leaseKey(message.lease))?.recorder.receive(message)
      }
    }
  }

  async #run(assignment: Assignment, environment: ExecutorEnvironment): Promise<void> {
    const { jobId, delivery } = assignment
    const lease = { jobId, delivery }
    const abort = new AttemptAbort()
    const recorder = new RemoteRecorder(lease, (message) => {
      this.#outbox.push(message)
      // The task may go on to block this event loop.
      if (message.kind === 'report') this.#outbox.flush()
    })
    this.#attempts.set(leaseKey(lease), { abort, recorder })
    const outcome = await this.#whose.run(lease, () => runAttempt(assignment, abort, recorder, environment))
    this.#attempts.delete(leaseKey(lease))
    this.#outbox.push({ kind: 'outcome', lease, outcome })
  }

  async #stop(environment: HostedEnvironment): Promise<void> {
    this.#ending = true
    try {
      await environment.close()
    } finally {
      this.#channel.end(0)
    }
  }

  /** After an error that nobody caught nothing in here can be relied on. */
  #crash(error: unknown): void {
    if (this.#ending) return
    this.#ending = true
    const recorded = recordError(error, Date.now())
    recorded.message = redactForAll(recorded.message)
    if (recorded.traceback !== undefined) recorded.traceback = redactForAll(recorded.traceback)
    this.#tellCrash(recorded)
    this.#channel.end(1)
  }

  #tellExit(): void {
    if (this.#ending) return
    this.#ending = true
    this.#tellCrash(null)
  }

  #tellCrash(error: ReturnType<typeof recordError> | null): void {
    this.#outbox.push({ kind: 'crashed', crash: { lease: this.#whose.getStore() ?? null, error } })
    this.#outbox.flush()
  }

  #withMemory(messages: ToWorker[]): ToWorker[] {
    if (!this.#settings.tellsMemory || !messages.some(({ kind }) => kind === 'outcome')) return messages
    return [...messages, { kind: 'memory', bytes: this.#channel.memoryInUse() }]
  }
}

function describeLoadError(thrown: unknown, module: string) {
  const { message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (thrown instanceof BackbeatError) return { code: thrown.code, message, stack }
  return { code: 'application_failed', message: `${module} could not be loaded: ${message}`, stack }
}
