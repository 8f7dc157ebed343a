import type { Recorder } from '../attempt/recorder.ts'
import { BackbeatError, LeaseLostError } from '../errors.ts'
import type { Lease } from '../job/assignment.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import type { RecorderAnswer, RecorderCall } from './messages.ts'

interface OpenCall {
  resolve(answer: Map<string, SettledItem>): void
  reject(error: Error): void
}

/** The recorder of an attempt in an executor: every call becomes a message to the worker. */
export class RemoteRecorder implements Recorder {
  readonly #lease: Lease
  readonly #send: (message: RecorderCall) => void
  readonly #calls = new Map<number, OpenCall>()
  #lastCall = 0

  constructor(lease: Lease, send: (message: RecorderCall) => void) {
    this.#lease = lease
    this.#send = send
  }

  report(report: Report): void {
    this.#send({ kind: 'report', lease: this.#lease, report })
  }

  settledItems(keys: string[]): Promise<Map<string, SettledItem>> {
    return this.#call((call) => ({ kind: 'find_settled_items', call, lease: this.#lease, keys }))
  }

  async recordItems(batch: ItemBatch): Promise<void> {
    await this.#call((call) => ({ kind: 'record_items', call, lease: this.#lease, batch }))
  }

  /** Takes the worker's answer to a call. */
  receive(message: RecorderAnswer): void {
    const open = this.#calls.get(message.call)
    this.#calls.delete(message.call)
    if (message.kind === 'settled_items') open?.resolve(message.answer)
    else if (message.kind === 'items_recorded') open?.resolve(new Map())
    else open?.reject(errorOf(message.error))
  }

  #call(message: (call: number) => RecorderCall): Promise<Map<string, SettledItem>> {
    const call = ++this.#lastCall
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject })
      this.#send(message(call))
    })
  }
}

function errorOf({ code, message }: { code: string; message: string }): BackbeatError {
  return code === 'lease_lost' ? new LeaseLostError() : new BackbeatError(code, message)
}
