import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JobHandle } from '../src/index.ts'
import { createApp, gated, heapLimit, spin, stubborn } from './fixtures/app.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const APP = fileURLToPath(new URL('./fixtures/cli-app.ts', import.meta.url))
const NODE_FLAGS = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']

/** The command as it runs, and what it has said so far. */
class Command {
  readonly child: ChildProcess
  readonly exited: Promise<unknown[]>
  output = ''

  constructor(args: string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exited = once(this.child, 'exit')
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk
      })
    }
  }

  async says(text: string): Promise<void> {
    await until(() => this.output.includes(text) || this.child.exitCode !== null)
    expect(this.output).toContain(text)
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}

const startWorkers = (...args: string[]) => startWorkersWith({}, ...args)

async function startWorkersWith(env: NodeJS.ProcessEnv, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const store = `sqlite:${join(folder, 'jobs.db')}`
  const backbeat = createApp(store)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  onTestFinished(() => backbeat.close())
  const command = new Command(['worker', '--app', APP, ...args], { ...env, BACKBEAT_TEST_STORE: store })
  onTestFinished(async () => {
    const left = descendants(command.child.pid)
    command.child.kill('SIGKILL')
    for (const pid of left) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await until(() => !left.some(isAlive))
  })
  await command.says('ready')
  return { backbeat, command, gate: join(folder, 'gate') }
}

async function started(handle: JobHandle): Promise<void> {
  await until(async () => (await handle.get()).progressMessage === 'started')
}

/** The process that a job's latest attempt belongs to. */
async function workerPid(handle: JobHandle): Promise<number> {
  return Number((await handle.get()).worker?.split(':')[1])
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Every process that was started by this one, or by those that it started. */
function descendants(pid: number | undefined): number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number))
  const childrenOf = (parent: number | undefined): number[] =>
    pairs.flatMap(([child = 0, ppid]) => (ppid === parent ? [child, ...childrenOf(child)] : []))
  return childrenOf(pid)
}

describe('backbeat', () => {
  test('says what it can do', async () => {
    const help = new Command(['worker', '--help'])
    expect(await help.exited).toEqual([0, null])
    for (const flag of ['--app', '--processes', '--concurrency', '--queues', '--pool'])
      expect(help.output).toContain(flag)
  })

  test('says its version', async () => {
    const version = new Command(['--version'])
    expect(await version.exited).toEqual([0, null])
    expect(version.output).toMatch(/^\d+\.\d+\.\d+/)
  })

  test.each([
    [['--app', './absent.ts'], 'app_not_found'],
    [['--app', './absent.ts', '--processes', '2'], 'app_not_found'],
    [['--app', MAIN.replace('main.ts', 'load-app.ts')], 'no_backbeat_exported'],
    [['--recycle-memory', 'lots'], 'invalid_byte_size'],
    [['--concurrency', '0'], 'Give a whole number of at least 1'],
  ])('refuses what cannot work: %j', async (args, named) => {
    const command = new Command(['worker', ...args])
    expect(await command.exited).toEqual([1, null])
    expect(command.output).toContain(named)
  })
})

describe('backbeat worker', () => {
  test('serves one application from several processes', async () => {
    const { backbeat, gate } = await startWorkers('--processes', '2', '--concurrency', '1')
    const handles = [await backbeat.enqueue(gated, { gate }), await backbeat.enqueue(gated, { gate })]
    for (const handle of handles) await started(handle)
    const pids = await Promise.all(handles.map(workerPid))
    expect(new Set(pids).size).toBe(2)
    writeFileSync(gate, '')
    for (const handle of handles) expect(await handle.outcome()).toMatchObject({ status: 'completed' })
  })

  test('bounds what is young in the heaps of several processes, unless NODE_OPTIONS does', async () => {
    const limitWith = async (options: string) => {
      const { backbeat } = await startWorkersWith({ NODE_OPTIONS: options }, '--processes', '2')
      return Number((await (await backbeat.enqueue(heapLimit, {})).outcome()).result)
    }
    const bounded = await limitWith('')
    expect(await limitWith('--max-semi-space-size=8')).toBe(bounded)
    expect(await limitWith('--max-semi-space-size=32')).toBeGreaterThan(bounded)
  })

  test('replaces a worker process that is killed, and its job is handed out again', async () => {
    const { backbeat, command, gate } = await startWorkers('--processes', '2', '--concurrency', '1')
    const handle = await backbeat.enqueue(gated, { gate })
    await started(handle)
    const killed = await workerPid(handle)
    process.kill(killed, 'SIGKILL')
    await command.says(`Worker process ${killed} ended (killed by SIGKILL). Starting another`)
    await until(async () => (await workerPid(handle)) !== killed)
    // With one job each, a second job shows that there are two processes again.
    const second = await backbeat.enqueue(gated, { gate })
    await until(async () => (await second.get()).status === 'running')
    expect(await workerPid(second)).not.toBe(await workerPid(handle))
    writeFileSync(gate, '')
    expect(await handle.outcome()).toMatchObject({ status: 'completed', attempt: 1, redeliveries: 1 })
    expect(await second.outcome()).toMatchObject({ status: 'completed', redeliveries: 0 })
  })

  test.each(['threads', 'processes'])('leaves no process behind when it is killed, busy %s included', async (pool) => {
    const { backbeat, command } = await startWorkers('--processes', '2', '--pool', pool, '--shutdown-grace', '50ms')
    const busy = await backbeat.enqueue(spin, {})
    await started(busy)
    const left = descendants(command.child.pid)
    expect(left.length).toBeGreaterThanOrEqual(pool === 'processes' ? 4 : 2)
    command.child.kill('SIGKILL')
    await until(() => !left.some(isAlive))
    // The worker gave the job back before it left.
    expect(await busy.get()).toMatchObject({ status: 'pending', attempt: 0, redeliveries: 0 })
  })

  test('leaves no busy child process behind when its worker is killed with it', async () => {
    const { backbeat, command } = await startWorkers('--processes', '2', '--pool', 'processes')
    const busy = await backbeat.enqueue(spin, {})
    await started(busy)
    const left = descendants(command.child.pid)
    command.child.kill('SIGKILL')
    process.kill(await workerPid(busy), 'SIGKILL')
    await until(() => !left.some(isAlive))
  })

  test.each(['1', '2'])('lets jobs finish when it is asked to stop: %s processes', async (processes) => {
    const { backbeat, command, gate } = await startWorkers('--processes', processes)
    const handle = await backbeat.enqueue(gated, { gate })
    await started(handle)
    command.child.kill('SIGTERM')
    await command.says('running jobs may finish')
    writeFileSync(gate, '')
    expect(await command.exited).toEqual([0, null])
    expect(await handle.get()).toMatchObject({ status: 'completed', redeliveries: 0 })
  })

  test.each(['1', '2'])('ends once an operator has asked every worker to stop: %s processes', async (processes) => {
    const { backbeat, command } = await startWorkers('--processes', processes)
    const client = await backbeat.open()
    await until(async () => (await client.workers()).length === Number(processes))
    for (const { name } of await client.workers()) await client.stopWorker(name)
    expect((await command.exited)[0]).toBe(0)
    expect(command.output).not.toContain('Starting another')
    expect(await client.workers()).toEqual([])
  })

  test.each(['1', '2'])('leaves at once when it is asked again: %s processes', async (processes) => {
    const { backbeat, command } = await startWorkers('--processes', processes, '--pool', 'processes')
    await started(await backbeat.enqueue(stubborn, {}))
    const left = descendants(command.child.pid)
    command.child.kill('SIGINT')
    await command.says('running jobs may finish')
    await until(() => !command.child.kill('SIGINT') || command.child.exitCode !== null)
    expect(await command.exited).toEqual([1, null])
    await until(() => !left.some(isAlive))
  })
})

test('backbeat explain says why a job does not run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const store = `sqlite:${join(folder, 'jobs.db')}`
  const backbeat = createApp(store)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  onTestFinished(() => backbeat.close())
  const { id } = await backbeat.enqueue(gated, { gate: join(folder, 'gate') })
  const env = { BACKBEAT_TEST_STORE: store }
  const known = new Command(['explain', id, '--app', APP], env)
  expect((await known.exited)[0]).toBe(0)
  expect(known.output).toMatch(/^No worker runs\. Start one: .* \(no_worker\)\n$/)
  const unknown = new Command(['explain', '019c0000-0000-7000-8000-000000000000', '--app', APP], env)
  expect((await unknown.exited)[0]).toBe(1)
  expect(unknown.output).toContain('unknown_job')
})
