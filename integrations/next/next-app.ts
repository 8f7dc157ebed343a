import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const HERE = import.meta.dirname
const PACKAGE = join(HERE, '../../packages/backbeat')
const INSTALLED = join(HERE, 'node_modules/backbeat')
const NEXT = createRequire(import.meta.url).resolve('next/dist/bin/next')

export const TOKEN = 'correct-horse-battery-staple'

/** The application of this folder: built by Next, served by it, with jobs of its own. */
export class NextApp {
  readonly #folder: string
  readonly #children: ChildProcess[] = []
  #isStopping = false
  url = ''

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Builds the application and serves it on a free port. */
  static async start(): Promise<NextApp> {
    const app = new NextApp(await mkdtemp(join(tmpdir(), 'backbeat-next-')))
    await installBackbeat()
    await app.#ended([NEXT, 'build'])
    app.url = await app.#said([NEXT, 'start', '--hostname', '127.0.0.1', '--port', '0'], /http:\/\/127\.0\.0\.1:\d+/)
    return app
  }

  /** Starts a worker in a process of its own, as one does beside Next; rejects where it ends before it is stopped. */
  async runWorker(): Promise<never> {
    const child = this.#run([join(INSTALLED, 'dist/cli/main.js'), 'worker', '--app', './backbeat.ts'])
    await once(child, 'close')
    if (this.#isStopping) return new Promise<never>(() => {})
    throw new Error(`The worker ended:\n${child.output}`)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#children.map(end))
    await rm(this.#folder, { recursive: true, force: true })
  }

  #run(args: string[]): ChildProcess & { output: string } {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: HERE,
      env: {
        ...process.env,
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        BACKBEAT_STORE: `sqlite:${join(this.#folder, 'jobs.db')}`,
        BACKBEAT_ADMIN_TOKEN: TOKEN,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.push(child)
    const running = Object.assign(child, { output: '' })
    const keep = (chunk: Buffer) => {
      running.output += chunk
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    return running
  }

  async #ended(args: string[]): Promise<void> {
    const child = this.#run(args)
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${child.output}`)
  }

  /** Resolves with what a process says that fits. */
  async #said(args: string[], pattern: RegExp): Promise<string> {
    const child = this.#run(args)
    if (!child.stdout) throw new Error('The process has no output.')
    for await (const line of createInterface({ input: child.stdout })) {
      const [found] = pattern.exec(line) ?? []
      if (found !== undefined) return found
    }
    throw new Error(`${args.join(' ')} ended too early:\n${child.output}`)
  }
}

/** As `npm install backbeat` would leave it: Next treats what is linked from elsewhere as a part of the application. */
async function installBackbeat(): Promise<void> {
  await rm(INSTALLED, { recursive: true, force: true })
  for (const part of ['package.json', 'dist', 'assets']) {
    await cp(join(PACKAGE, part), join(INSTALLED, part), { recursive: true })
  }
  // Dependencies of which the workspace has another version besides.
  await symlink(join(PACKAGE, 'node_modules'), join(INSTALLED, 'node_modules'), 'junction')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
