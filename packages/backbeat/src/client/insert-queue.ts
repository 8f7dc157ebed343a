import { BackbeatError } from '../errors.ts'
import { mayMeetAnother } from '../job/meeting.ts'
import type { ClaimedJob, Insertion, JobHandOver, JobInsertion, NewJob } from '../store/store.ts'
import { type HandOver, type Reservation, startsAtOnce } from './hand-over.ts'

/** So many jobs at most are stored together, so that none of them waits long for the others. */
const MAX_BATCH = 1000

interface Waiting {
  job: NewJob
  stored(insertion: Insertion): void
  failed(error: unknown): void
}

/**
 * Stores single jobs, together those that come while others are being stored: each commit waits for
 * the disk, and a hundred jobs in one wait no longer than one. A job that comes alone is not kept waiting.
 * Where a worker of this process has slots for them, it is handed them as they are stored.
 */
export class InsertQueue {
  readonly #store: JobInsertion & JobHandOver
  #handOver: HandOver | null = null
  #waiting: Waiting[] = []
  #storing = false

  constructor(store: JobInsertion & JobHandOver) {
    this.#store = store
  }

  /** From now on jobs go to this worker where it has room; `null` for none. */
  handOverTo(handOver: HandOver | null): void {
    this.#handOver = handOver
  }

  /** Resolves when the job is committed. @throws as {@link JobInsertion.insert} does */
  insert(job: NewJob): Promise<Insertion> {
    // What another job's key may be in the way of takes locks, and is not to share them.
    if (mayMeetAnother(job)) return this.#insertAlone(job)
    return new Promise((stored, failed) => {
      this.#waiting.push({ job, stored, failed })
      if (!this.#storing) {
        this.#storing = true
        // After this turn's microtasks, so that calls which were made together are stored together.
        process.nextTick(() => void this.#storeAll())
      }
    })
  }

  async #insertAlone(job: NewJob): Promise<Insertion> {
    const [insertion] = await this.#store.insert([job])
    return insertion as Insertion
  }

  async #storeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      try {
        const insertions = await this.#insertTogether(batch.map(({ job }) => job))
        for (const [at, { stored }] of batch.entries()) stored(insertions[at] as Insertion)
      } catch (error) {
        if (batch.length > 1 && isDuplicate(error)) await this.#storeEach(batch)
        else for (const { failed } of batch) failed(error)
      }
    }
    this.#storing = false
  }

  #insertTogether(jobs: readonly NewJob[]): Promise<Insertion[]> {
    const reservation = jobs.every(startsAtOnce) ? this.#handOver?.reserve(jobs) : null
    return reservation ? this.#insertClaimed(jobs, reservation) : this.#store.insert(jobs)
  }

  async #insertClaimed(jobs: readonly NewJob[], reservation: Reservation): Promise<Insertion[]> {
    let claimed: ClaimedJob[] = []
    try {
      claimed = await this.#store.insertClaimed(jobs, reservation)
    } finally {
      reservation.take(claimed)
    }
    return jobs.map(({ id }) => ({ id, inserted: true }))
  }

  /** One that is stored already fails by itself; nothing of the others was stored. */
  async #storeEach(batch: readonly Waiting[]): Promise<void> {
    for (const { job, stored, failed } of batch) await this.#insertAlone(job).then(stored, failed)
  }
}

function isDuplicate(error: unknown): boolean {
  return error instanceof BackbeatError && error.code === 'duplicate_job_id'
}
