import type { ItemBatch, Report, SettledItem } from '../job/report.ts'

/**
 * Where a running attempt writes. The worker implements it over the store; an executor in another
 * thread reaches it by messages.
 */
export interface Recorder {
  report(report: Report): void
  /** Which of the keys need not be worked on; keys that are absent from the answer are open. */
  settledItems(keys: string[]): Promise<Map<string, SettledItem>>
  /** @throws LeaseLostError where the write was refused */
  recordItems(batch: ItemBatch): Promise<void>
}
