import { fileURLToPath } from 'node:url'
import { CONTEXT_NAMES } from './attempt/context.ts'
import type { ExecutorEnvironment } from './attempt/run-attempt.ts'
import type { Clock } from './clock.ts'
import { BackbeatError } from './errors.ts'
import type { NotifiableStatus } from './job/notification.ts'
import { processSecret } from './redaction/process-secret.ts'
import { Vault } from './redaction/vault.ts'
import type { Resources } from './task/context.ts'
import { type AnyTask, isTask } from './task/define.ts'
import { discoverTasks } from './task/discovery.ts'
import { TaskRegistry } from './task/registry.ts'

/** How each resource is opened, by the name under which tasks find it on `ctx`. */
export type ResourceFactories = {
  [Name in keyof Resources]: () => Resources[Name] | Promise<Resources[Name]>
}

/** An executor's environment, and how to close its resources again. */
export interface OpenedApplication extends ExecutorEnvironment {
  close(): Promise<void>
}

/** What an application brings: its tasks and its resources. Every executor opens it for itself. */
export class Application {
  readonly #tasks: readonly (string | AnyTask)[]
  readonly #root: string
  readonly #resources: Partial<ResourceFactories>
  readonly #vault: Vault
  readonly #notifyOn: readonly NotifiableStatus[] | undefined
  #registry: Promise<TaskRegistry> | undefined

  /**
   * @param tasks globs, relative to `module`'s folder or else the current one, or tasks themselves
   * @param module the URL of the module that creates it
   * @param vault opens what is sealed in inputs; by default what this process itself sealed
   * @param notifyOn in which states jobs make a notification; by default the usual ones
   */
  constructor(
    tasks: string | readonly (string | AnyTask)[],
    resources: Partial<ResourceFactories> = {},
    module: string | undefined = undefined,
    vault: Vault = new Vault(() => [processSecret()]),
    notifyOn: readonly NotifiableStatus[] | undefined = undefined,
  ) {
    this.#vault = vault
    this.#notifyOn = notifyOn
    this.#tasks = typeof tasks === 'string' ? [tasks] : tasks
    this.#root = module ? fileURLToPath(new URL('.', module)) : process.cwd()
    this.#resources = resources
    const taken = Object.keys(resources).find((name) => CONTEXT_NAMES.includes(name))
    if (taken) {
      throw new BackbeatError(
        'resource_name_taken',
        `ctx.${taken} exists already. Give the resource "${taken}" another name.`,
      )
    }
  }

  /** All tasks, loaded once. @throws BackbeatError as {@link discoverTasks} does */
  registry(): Promise<TaskRegistry> {
    this.#registry ??= this.#load()
    return this.#registry
  }

  /**
   * Opens the resources.
   *
   * @param beginAttempt begins a transaction of the store's database, for transactional tasks
   */
  async open(clock: Clock, beginAttempt: ExecutorEnvironment['beginAttempt']): Promise<OpenedApplication> {
    const registry = await this.registry()
    const resources: { [name: string]: unknown } = {}
    for (const [name, open] of Object.entries<() => unknown>(this.#resources)) {
      resources[name] = await this.#openResource(name, open)
    }
    return {
      registry,
      resources: resources as object as Resources,
      clock,
      vault: this.#vault,
      beginAttempt,
      close: async () => {
        for (const resource of Object.values(resources).reverse()) await closeResource(resource)
      },
    }
  }

  async #load(): Promise<TaskRegistry> {
    const registry = new TaskRegistry(this.#notifyOn)
    const patterns = this.#tasks.filter((entry) => typeof entry === 'string')
    for (const task of this.#tasks.filter(isTask)) registry.add(task, 'the list of tasks')
    await discoverTasks(registry, patterns, this.#root)
    return registry
  }

  async #openResource(name: string, open: () => unknown): Promise<unknown> {
    try {
      return await open()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new BackbeatError('resource_failed', `The resource "${name}" could not be opened: ${reason}`, { cause })
    }
  }
}

async function closeResource(resource: unknown): Promise<void> {
  if (typeof resource !== 'object' || resource === null) return
  if (Symbol.asyncDispose in resource) await (resource as AsyncDisposable)[Symbol.asyncDispose]()
  else if (Symbol.dispose in resource) (resource as Disposable)[Symbol.dispose]()
  else if ('close' in resource && typeof resource.close === 'function') await resource.close()
}

/** Applications of this thread, by the module that created them. */
const applications = new Map<string, Application>()

/** Makes an application known to executors that load its module. */
export function registerApplication(module: string, application: Application): void {
  applications.set(module, application)
}

/**
 * Imports the module that creates an application and returns what it created.
 *
 * @throws BackbeatError `no_application` where it creates none
 */
export async function loadApplication(module: string): Promise<Application> {
  await import(module)
  const application = applications.get(module)
  if (application) return application
  throw new BackbeatError(
    'no_application',
    `${module} does not call createBackbeat({ module: import.meta.url, … }). Call it at the top level of that module.`,
  )
}
