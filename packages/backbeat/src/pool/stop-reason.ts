import { type BackbeatError, JobCancelledError, LeaseLostError, ShutdownError } from '../errors.ts'
import type { StopReason } from './messages.ts'

/** An abort's reason as plain data. */
export function toStopReason(error: BackbeatError): StopReason {
  if (error instanceof JobCancelledError) return { kind: 'cancelled', reason: error.message }
  return error instanceof LeaseLostError ? { kind: 'lease_lost' } : { kind: 'shutdown' }
}

/** The error that a task finds as its signal's reason. */
export function fromStopReason(reason: StopReason): BackbeatError {
  switch (reason.kind) {
    case 'cancelled':
      return new JobCancelledError(reason.reason)
    case 'lease_lost':
      return new LeaseLostError()
    case 'shutdown':
      return new ShutdownError()
  }
}
