/** What the workers of this process have done since it started, in numbers that only rise. */
export interface WorkerStats {
  /** Jobs that were claimed. */
  claimed: number
  /** Attempts whose outcome was written. */
  settled: number
  /** Writes that came when another worker held the job already. They changed nothing. */
  refused: {
    outcomes: number
    /** Progress and log lines. */
    reports: number
    /** Batches of items. */
    items: number
    /** Leases that could not be renewed any more. */
    renewals: number
  }
  /** Jobs that were taken back from workers that vanished, of this process or of others. */
  rescued: number
  /** Calls of the store that failed for a passing reason, and were tried again. */
  retriedStoreFaults: number
}

export function noStats(): WorkerStats {
  return {
    claimed: 0,
    settled: 0,
    refused: { outcomes: 0, reports: 0, items: 0, renewals: 0 },
    rescued: 0,
    retriedStoreFaults: 0,
  }
}
