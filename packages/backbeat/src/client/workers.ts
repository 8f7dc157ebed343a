import type { WorkerRecord } from '../store/store.ts'

/** Whether the worker has given no sign of life for longer than its jobs wait for one. */
export function isSilent({ silentForMs, leaseMs }: Pick<WorkerRecord, 'silentForMs' | 'leaseMs'>): boolean {
  return silentForMs > leaseMs
}
