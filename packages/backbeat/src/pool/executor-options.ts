/** What the executors of a pool are started with. */
export interface ExecutorOptions {
  /** The module that an executor runs; see `entry/`. */
  entry: URL
  /** The URL of the application's module, which an executor loads to find tasks and resources. */
  module: string
  /** The URL of the store, which an executor opens for transactional tasks. */
  storeUrl: string
  /** How large the JavaScript heap of an executor may become, in bytes; `null` for Node's own limit. */
  maxHeapBytes: number | null
}
