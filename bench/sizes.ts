/** How large and how often. */
export interface Sizes {
  /** How often each trial is repeated. */
  repeats: number
  /** Waiting jobs of drains. */
  jobs: readonly number[]
  /** Worker processes of drains. */
  workers: readonly number[]
  /** A contender that takes single jobs at a thousandth of the others' rate drains at most so many. */
  slowJobs: number
  /** Finished jobs that a drain is measured over, ascending. */
  history: readonly number[]
  /** Jobs that each drain over history has. */
  historyJobs: number
  bulk: number
  /** Single enqueues: one at a time, and 50 at once. */
  singles: number
  singlesAtOnce: number
  pickUps: number
  /** How often trials of latency are repeated, each of which gives many values. */
  latencyRepeats: number
  /** Whether latency is measured of every way of using a library, or only of one. */
  everyVariant: boolean
  sustainedMs: number
  ledgerItems: number
  poolJobs: number
  /** Jobs that a worker with little memory drains. */
  memoryJobs: number
  reads: number
  readLimitMs: number
}

export const FULL: Sizes = {
  repeats: 5,
  jobs: [30_000, 200_000, 1_000_000],
  workers: [1, 2],
  slowJobs: 30_000,
  history: [0, 1_000_000, 10_000_000],
  historyJobs: 30_000,
  bulk: 200_000,
  singles: 3000,
  singlesAtOnce: 20_000,
  pickUps: 300,
  latencyRepeats: 5,
  everyVariant: true,
  sustainedMs: 10_000,
  ledgerItems: 1_000_000,
  poolJobs: 100_000,
  memoryJobs: 1_000_000,
  reads: 200,
  readLimitMs: 20_000,
}

/** Enough to see which way a change goes. */
export const QUICK: Sizes = {
  repeats: 2,
  jobs: [30_000],
  workers: [1],
  slowJobs: 2000,
  history: [0, 100_000],
  historyJobs: 20_000,
  bulk: 30_000,
  singles: 300,
  singlesAtOnce: 2000,
  pickUps: 100,
  latencyRepeats: 1,
  everyVariant: false,
  sustainedMs: 2000,
  ledgerItems: 100_000,
  poolJobs: 10_000,
  memoryJobs: 30_000,
  reads: 50,
  readLimitMs: 2000,
}
