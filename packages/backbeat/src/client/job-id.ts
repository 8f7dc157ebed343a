import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

/** Asking the system for randomness costs more than all the rest of an id, so it is asked for in bulk. */
const IDS_AT_ONCE = 256
const BYTES = 16

const pool = new Uint8Array(IDS_AT_ONCE * BYTES)
let used = IDS_AT_ONCE
let latestMs = Number.NEGATIVE_INFINITY
let sequence = 0

/**
 * A UUIDv7 (RFC 9562), greater than any that this process made before: of one millisecond by a
 * counter that begins at random (method 1 of section 6.2).
 *
 * @param now milliseconds since 1970 in UTC
 */
export function newJobId(now: number = Date.now()): string {
  const random = nextRandom()
  if (now > latestMs) {
    latestMs = now
    // Leaves the highest bit free to count.
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
  } else {
    // A clock that was set back does not bring ids out of order.
    sequence += 1
    if (sequence > 0xffff_ffff) {
      latestMs += 1
      sequence = 0
    }
  }
  return v7({ msecs: latestMs, seq: sequence, random })
}

function nextRandom(): Uint8Array {
  if (used === IDS_AT_ONCE) {
    randomFillSync(pool)
    used = 0
  }
  return pool.subarray(used * BYTES, ++used * BYTES)
}
