import type { Clock, Timer } from '../clock.ts'
import { type LogLevel, MAX_MESSAGE_LENGTH } from '../job/job.ts'
import type { NewLogLine, Progress } from '../job/report.ts'
import type { Json } from '../json.ts'
import { storableText } from '../text.ts'
import type { Recorder } from './recorder.ts'

/** Reports leave at most this often, so that progress on a million items costs little. */
const INTERVAL_MS = 250
/** Unless this many log lines have gathered before. */
const MAX_BUFFERED_LINES = 100
const MAX_LINES = 10_000

/** Gathers what an attempt tells in passing and sends it now and then; of progress only the latest. */
export class Reporter {
  readonly #recorder: Recorder
  readonly #clock: Clock
  #progress: Progress | undefined
  #lines: NewLogLine[] = []
  #lineCount = 0
  #lastSentAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(recorder: Recorder, clock: Clock) {
    this.#recorder = recorder
    this.#clock = clock
  }

  progress(progress: Progress): void {
    this.#progress = progress
    this.#schedule()
  }

  log(level: LogLevel, message: string, fields: Json): void {
    this.#lineCount += 1
    if (this.#lineCount > MAX_LINES) return
    const full = this.#lineCount === MAX_LINES
    this.#lines.push({
      at: this.#clock.now(),
      level: full ? 'warn' : level,
      message: full
        ? `The log of this attempt is full at ${MAX_LINES} lines; further lines are left out.`
        : storableText(message, MAX_MESSAGE_LENGTH),
      fields: full ? null : fields,
    })
    this.#schedule()
  }

  /** Sends what is left. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (!this.#progress && this.#lines.length === 0) return
    const report = { logs: this.#lines, ...(this.#progress && { progress: this.#progress }) }
    this.#progress = undefined
    this.#lines = []
    this.#lastSentAt = this.#clock.now()
    this.#recorder.report(report)
  }

  /** A busy loop never lets a timer fire, so the time is also looked at on each call. */
  #schedule(): void {
    const waitMs = this.#lastSentAt + INTERVAL_MS - this.#clock.now()
    if (waitMs <= 0 || this.#lines.length >= MAX_BUFFERED_LINES) this.flush()
    else this.#timer ??= this.#clock.setTimer(() => this.flush(), waitMs)
  }
}
