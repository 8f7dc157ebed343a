import type { Fault } from './fault.ts'
import { sleep } from './waiting.ts'

/** The process is gone from one instruction to the next. */
export const killWorker: Fault = {
  name: 'kill -9 of a worker',
  mayLeave: ['lost'],
  harm: 'killed',
  async inject({ fleet, random }) {
    await fleet.whole()
    await fleet.kill(random.pick(fleet.pids()))
  },
}

/** The process stands still for longer than its lease, and then goes on as if nothing had happened. */
export const pauseWorker: Fault = {
  name: 'SIGSTOP past the lease, SIGCONT',
  mayLeave: ['lost'],
  harm: 'paused',
  async inject({ fleet, random, leaseMs }) {
    await fleet.whole()
    const pid = random.pick(fleet.pids())
    fleet.pause(pid)
    await sleep(leaseMs * 2.5)
    fleet.resume(pid)
  },
}

/** The worker is asked to leave while it works, and leaves. */
export const stopWorker: Fault = {
  name: 'shutdown in mid-job',
  mayLeave: ['released'],
  harm: 'stopped',
  async inject({ fleet, random }) {
    await fleet.whole()
    await fleet.stop(random.pick(fleet.pids()))
  },
}
