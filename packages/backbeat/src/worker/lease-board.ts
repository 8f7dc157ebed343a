import type { Lease } from '../job/assignment.ts'

/** How many leases one piece of shared memory has room for. */
const SLOTS_PER_SHEET = 2048
const SLOT_BYTES = 64
/** Where in a slot lies what; the job's id, a UUID as text, takes the rest. */
const STAMP_AT = 0
const DELIVERY_AT = 4
const UNTIL_AT = 8
const ID_AT = 16
const ID_LENGTH = 36
const FREE = 0

/** A slot's number, for whoever is to clear it. */
export type Slot = number

class Sheet {
  readonly buffer: SharedArrayBuffer
  readonly stamps: Int32Array
  readonly deliveries: Int32Array
  readonly untils: Float64Array
  readonly bytes: Buffer<SharedArrayBuffer>

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.stamps = new Int32Array(buffer)
    this.deliveries = new Int32Array(buffer)
    this.untils = new Float64Array(buffer)
    this.bytes = Buffer.from(buffer)
  }
}

/**
 * The leases that a worker holds, in memory that its heartbeat's thread reads: a quick worker takes and
 * drops tens of thousands in a second, and to send each of them over cost more than to run it. They are
 * on the board before the worker goes on, so the thread sees them also while the worker's own event
 * loop is blocked.
 *
 * A slot is stamped last when it is written, and cleared first. Whoever reads it looks at the stamp
 * before and after, and so never takes half of one lease for another.
 */
export class LeaseBoard {
  readonly #sheets: Sheet[] = []
  readonly #onSheet: (buffer: SharedArrayBuffer) => void
  readonly #free: Slot[] = []
  #stamp = FREE

  /** @param onSheet told of each piece of memory that is added, for the reader */
  constructor(onSheet: (buffer: SharedArrayBuffer) => void) {
    this.#onSheet = onSheet
  }

  /** The memory so far. */
  get buffers(): SharedArrayBuffer[] {
    return this.#sheets.map(({ buffer }) => buffer)
  }

  /** @param until milliseconds since 1970; `null` for as long as it is held */
  write({ jobId, delivery }: Lease, until: number | null): Slot {
    const slot = this.#free.pop() ?? this.#addSheet()
    const sheet = this.#sheets[Math.floor(slot / SLOTS_PER_SHEET)] as Sheet
    const at = (slot % SLOTS_PER_SHEET) * SLOT_BYTES
    sheet.deliveries[(at + DELIVERY_AT) / 4] = delivery
    sheet.untils[(at + UNTIL_AT) / 8] = until ?? Number.POSITIVE_INFINITY
    sheet.bytes.write(jobId, at + ID_AT, ID_LENGTH, 'latin1')
    this.#stamp = this.#stamp === 0x7fffffff ? FREE + 1 : this.#stamp + 1
    Atomics.store(sheet.stamps, (at + STAMP_AT) / 4, this.#stamp)
    return slot
  }

  clear(slot: Slot): void {
    const sheet = this.#sheets[Math.floor(slot / SLOTS_PER_SHEET)] as Sheet
    Atomics.store(sheet.stamps, ((slot % SLOTS_PER_SHEET) * SLOT_BYTES + STAMP_AT) / 4, FREE)
    this.#free.push(slot)
  }

  #addSheet(): Slot {
    const first = this.#sheets.length * SLOTS_PER_SHEET
    const sheet = new Sheet(new SharedArrayBuffer(SLOTS_PER_SHEET * SLOT_BYTES))
    this.#sheets.push(sheet)
    this.#onSheet(sheet.buffer)
    for (let slot = first + SLOTS_PER_SHEET - 1; slot > first; slot -= 1) this.#free.push(slot)
    return first
  }
}

/** What the heartbeat's thread sees of a {@link LeaseBoard}. */
export class LeaseBoardReader {
  readonly #sheets: Sheet[]

  constructor(buffers: readonly SharedArrayBuffer[]) {
    this.#sheets = buffers.map((buffer) => new Sheet(buffer))
  }

  add(buffer: SharedArrayBuffer): void {
    this.#sheets.push(new Sheet(buffer))
  }

  /** How many leases are held. */
  count(): number {
    let count = 0
    for (const { stamps } of this.#sheets) {
      for (let at = STAMP_AT / 4; at < stamps.length; at += SLOT_BYTES / 4) {
        if (Atomics.load(stamps, at) !== FREE) count += 1
      }
    }
    return count
  }

  /** Those to be renewed: an attempt that is long past its end is left to be rescued, whatever holds it up. */
  due(now: number): Lease[] {
    const due: Lease[] = []
    for (const { stamps, deliveries, untils, bytes } of this.#sheets) {
      for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
        const stamp = Atomics.load(stamps, (at + STAMP_AT) / 4)
        if (stamp === FREE || now >= (untils[(at + UNTIL_AT) / 8] as number)) continue
        const delivery = deliveries[(at + DELIVERY_AT) / 4] as number
        const jobId = bytes.toString('latin1', at + ID_AT, at + ID_AT + ID_LENGTH)
        if (Atomics.load(stamps, (at + STAMP_AT) / 4) === stamp) due.push({ jobId, delivery })
      }
    }
    return due
  }
}
