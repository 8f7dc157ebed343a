import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import { backoffMs } from '../job/backoff.ts'
import type { ItemCounts, RetryScope } from '../job/job.ts'
import { recordError } from '../job/recorded-error.ts'
import type { ItemOutcome } from '../job/report.ts'
import type { ItemFunction, ItemOptions, ItemSource, ItemsSummary } from '../task/context.ts'
import { type RetryPolicy, retryPolicy } from '../task/retry.ts'
import { type Candidate, inBatches } from './batches.ts'
import type { Recorder } from './recorder.ts'

const DEFAULT_BATCH = 100
const MAX_BATCH = 10_000
/** Slow items are recorded at least this often, so that people see them come in. */
const MAX_UNRECORDED_MS = 1000

/** What an item ledger needs to know of its attempt. */
export interface LedgerOptions {
  taskType: string
  retryScope: RetryScope
  /** Counts of earlier deliveries. */
  counts: ItemCounts
  recorder: Recorder
  signal: AbortSignal
  clock: Clock
}

/**
 * The items of one attempt: works through sources and records each item's outcome by its key.
 * Memory does not grow with the source; what is known of other items is asked of the store.
 */
export class ItemLedger {
  readonly #attempt: LedgerOptions
  readonly #counts: ItemCounts
  /** Distinct items that earlier calls of this attempt have come across. */
  #seenBefore = 0
  #duplicates = 0

  constructor(options: LedgerOptions) {
    this.#attempt = options
    this.#counts = { ...options.counts }
  }

  async work<T>(source: ItemSource<T>, fn: ItemFunction<T>, options: ItemOptions<T>): Promise<ItemsSummary> {
    const call = new LedgerCall(this.#attempt, this.#counts, this.#seenBefore, source, fn, options)
    const summary = await call.run()
    this.#seenBefore = call.seen
    this.#duplicates += summary.duplicates
    return summary
  }

  /** What people should know about the items, besides those that failed. */
  warnings(): string[] {
    if (this.#duplicates === 0) return []
    const items = this.#duplicates === 1 ? '1 item has' : `${this.#duplicates} items have`
    return [`${items} the key of an earlier item and were not worked on. Choose a key that is unique in the source.`]
  }
}

/** One call of `ctx.items`. */
class LedgerCall<T> {
  readonly #attempt: LedgerOptions
  readonly #counts: ItemCounts
  readonly #source: ItemSource<T>
  readonly #fn: ItemFunction<T>
  readonly #options: ItemOptions<T>
  readonly #retry: RetryPolicy
  readonly #batchSize: number
  readonly #concurrency: number
  /** The total that is known before the source has been read, or null. */
  readonly #expected: number | null
  readonly #seenBefore: number
  #unrecorded: ItemOutcome[] = []
  #lastRecordedAt: number
  #recording: Promise<void> = Promise.resolve()
  #duplicates = 0
  /** The source has been read to its end, so that the total is known. */
  #finished = false
  /** Distinct items that this attempt has come across, earlier calls included. */
  seen: number

  constructor(
    attempt: LedgerOptions,
    counts: ItemCounts,
    seenBefore: number,
    source: ItemSource<T>,
    fn: ItemFunction<T>,
    options: ItemOptions<T>,
  ) {
    this.#attempt = attempt
    this.#counts = counts
    this.#source = source
    this.#fn = fn
    this.#options = options
    this.#retry = retryPolicy(options.retry, `the items of ${attempt.taskType}`)
    this.#batchSize = wholeNumber('batch', options.batch ?? DEFAULT_BATCH, MAX_BATCH)
    this.#concurrency = wholeNumber('concurrency', options.concurrency ?? 1, 10_000)
    this.#expected = expectedTotal(attempt, source, options)
    this.#seenBefore = seenBefore
    this.seen = seenBefore
    this.#lastRecordedAt = attempt.clock.now()
  }

  async run(): Promise<ItemsSummary> {
    try {
      for await (const batch of inBatches(this.#source, this.#batchSize, this.#options.key)) {
        this.#attempt.signal.throwIfAborted()
        await this.#workThrough(await this.#openItems(batch))
        this.#record()
        // Timers and aborts get their turn even where source, function and store are all synchronous.
        await nextTurn()
      }
      this.#finished = true
    } finally {
      // What is done is recorded, whatever ended the loop, so that it is not done again.
      this.#record(true)
      await this.#recording
    }
    this.#attempt.signal.throwIfAborted()
    return { ...this.#counts, duplicates: this.#duplicates }
  }

  /** The items of a batch that have no outcome yet. */
  async #openItems(batch: Candidate<T>[]): Promise<Candidate<T>[]> {
    // The answer must know of every item that was worked on before.
    await this.#recording
    const settled = await this.#attempt.recorder.settledItems(batch.map(({ key }) => key))
    const inThisBatch = new Set<string>()
    return batch.filter(({ key }) => {
      const state = settled.get(key)
      if (state === 'excluded') return false
      if (state === 'repeated' || inThisBatch.has(key)) {
        this.#duplicates += 1
        return false
      }
      inThisBatch.add(key)
      this.seen += 1
      return state === undefined
    })
  }

  async #workThrough(open: Candidate<T>[]): Promise<void> {
    const queue = open.values()
    const lane = async () => {
      for (const candidate of queue) {
        if (this.#attempt.signal.aborted) return
        const outcome = this.#attemptItem(candidate)
        // A synchronous function is not made to wait a turn for each item.
        this.#note(outcome instanceof Promise ? await outcome : outcome)
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.#concurrency, open.length) }, lane))
    this.#attempt.signal.throwIfAborted()
  }

  #attemptItem(candidate: Candidate<T>): ItemOutcome | null | Promise<ItemOutcome | null> {
    const { key, position } = candidate
    try {
      const returned = this.#fn(candidate.item, { position, attempt: 1, signal: this.#attempt.signal })
      if (!isThenable(returned)) return { key, position, attempts: 1 }
      return Promise.resolve(returned).then(
        () => ({ key, position, attempts: 1 }),
        (error) => this.#repeat(candidate, error),
      )
    } catch (error) {
      return this.#repeat(candidate, error)
    }
  }

  /** Tries an item again for as long as its retry policy allows. */
  async #repeat(candidate: Candidate<T>, firstError: unknown): Promise<ItemOutcome | null> {
    const { key, position } = candidate
    const { signal, clock } = this.#attempt
    let error = firstError
    for (let attempt = 1; ; attempt += 1) {
      // An item that fails because the attempt is to stop has no outcome: it is done next time.
      if (signal.aborted) return null
      if (attempt >= this.#retry.maxAttempts || !this.#retry.isTransient(error)) {
        const { traceback: _, ...recorded } = recordError(error, clock.now())
        return { key, position, attempts: attempt, error: { ...recorded, item: key } }
      }
      await pause(backoffMs(this.#retry.backoff, attempt, Math.random()), clock, signal)
      if (signal.aborted) return null
      try {
        await this.#fn(candidate.item, { position, attempt: attempt + 1, signal })
        return { key, position, attempts: attempt + 1 }
      } catch (next) {
        error = next
      }
    }
  }

  #note(outcome: ItemOutcome | null): void {
    if (!outcome) return
    this.#unrecorded.push(outcome)
    if (this.#attempt.clock.now() - this.#lastRecordedAt >= MAX_UNRECORDED_MS) this.#record()
  }

  /** Hands over what has gathered. Batches are written one after the other, while work goes on. */
  #record(last = false): void {
    if (this.#unrecorded.length === 0 && !last) return
    const outcomes = this.#unrecorded
    this.#unrecorded = []
    this.#lastRecordedAt = this.#attempt.clock.now()
    const failed = outcomes.filter(({ error }) => error).length
    const counts = this.#counts
    counts.processed += outcomes.length
    counts.failed += failed
    counts.successful += outcomes.length - failed
    counts.total = this.#totalSoFar()
    const batch = { outcomes, counts: { ...counts }, message: this.#message() }
    const write = this.#recording.then(() => this.#attempt.recorder.recordItems(batch))
    this.#recording = write
    // The failure is met where the next batch or the end waits for it.
    write.catch(() => undefined)
  }

  #totalSoFar(): number {
    if (this.#finished) return Math.max(this.seen, this.#counts.processed)
    const known = this.#expected === null ? this.seen : Math.max(this.seen, this.#seenBefore + this.#expected)
    return Math.max(known, this.#counts.processed)
  }

  #message(): string {
    const { total, processed, failed } = this.#counts
    const batch = Math.ceil((this.seen - this.#seenBefore) / this.#batchSize)
    const batches =
      this.#expected === null ? null : Math.max(batch, Math.ceil((total - this.#seenBefore) / this.#batchSize))
    if (this.#options.message) return this.#options.message({ batch, batches, processed, failed })
    return batches === null ? `batch ${batch}` : `batch ${batch} of ${batches}`
  }
}

function expectedTotal<T>(attempt: LedgerOptions, source: ItemSource<T>, options: ItemOptions<T>): number | null {
  // A retry of failed items knows how many there are, and works on no others.
  if (attempt.retryScope === 'failed_items') return attempt.counts.total
  if (options.total !== undefined) return options.total
  if (Array.isArray(source)) return source.length
  return source instanceof Set || source instanceof Map ? source.size : null
}

function wholeNumber(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new BackbeatError(
    'invalid_item_options',
    `The option ${name} of ctx.items is ${value}. Give a whole number from 1 to ${max}.`,
  )
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Waits, unless the signal aborts before. */
function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimer(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
