import { createHash } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { type Principal, starterName } from '../access/principal.ts'
import { AlreadyRunningError, BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { IdempotencyRecords } from '../store/store.ts'

/** A key is good for so long. */
const KEEP_MS = 24 * 3_600_000
/** Whoever began a request and has not answered by then is taken to have died over it. */
const PATIENCE_MS = 60_000

const KEY = /^[\x21-\x7e]{1,255}$/

/** What a client wants done once, however often it asks. */
export interface OnceRequest {
  principal: Principal
  /** The header, as it was sent. */
  key: string
  taskType: string
  input: Json
  /** What the request chose besides. */
  options: object
}

/**
 * Stores one job for all requests of one principal under one key. The job's id is reserved with the
 * key, and ids are unique: so even a request that is handed out again, because whoever did it first
 * seemed to have died, stores no second job.
 *
 * @param enqueue stores the job under the given id
 * @returns the id of the job, whoever stored it
 * @throws BackbeatError `invalid_idempotency_key`, `idempotency_key_reused`, `idempotency_in_progress`
 */
export async function enqueueOnce(
  records: IdempotencyRecords,
  request: OnceRequest,
  enqueue: (jobId: string) => Promise<{ id: string }>,
): Promise<string> {
  const { principal, taskType, input, options } = request
  const given = keyOf(request.key)
  const key = digest(starterName(principal), given)
  // The client's key is in it, which is stored nowhere, so that an input cannot be guessed from it.
  const fingerprint = digest(given, taskType, JSON.stringify(input), JSON.stringify(options))
  const reservation = await records.reserveRequest(
    { key, fingerprint, jobId: uuidv7() },
    { keepMs: KEEP_MS, patienceMs: PATIENCE_MS },
  )
  switch (reservation.kind) {
    case 'done':
      return reservation.jobId
    case 'other_request':
      throw new BackbeatError(
        'idempotency_key_reused',
        'This Idempotency-Key was sent before with another request. Send a new key with each new request.',
        { status: 422 },
      )
    case 'in_progress':
      throw new BackbeatError(
        'idempotency_in_progress',
        'A request with this Idempotency-Key is being worked on. Send it again in a moment to learn what became of it.',
        { status: 409 },
      )
    case 'reserved': {
      const id = await storeJob(reservation.jobId, enqueue).catch(async (error) => {
        // What was refused was not done; of anything else it is not known.
        if (error instanceof BackbeatError && error.status < 500) await records.releaseRequest(key)
        throw error
      })
      await records.finishRequest(key, id)
      return id
    }
  }
}

async function storeJob(jobId: string, enqueue: (jobId: string) => Promise<{ id: string }>): Promise<string> {
  try {
    return (await enqueue(jobId)).id
  } catch (error) {
    const isStored =
      (error instanceof AlreadyRunningError && error.activeJobId === jobId) ||
      (error instanceof BackbeatError && error.code === 'duplicate_job_id')
    if (isStored) return jobId
    throw error
  }
}

/** The draft of the IETF has it in quotes; most clients leave them out. */
function keyOf(header: string): string {
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header
  if (KEY.test(key)) return key
  throw new BackbeatError(
    'invalid_idempotency_key',
    'The Idempotency-Key is not 1 to 255 characters of ASCII without spaces. Send a random one, such as a UUID.',
    { status: 400 },
  )
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
