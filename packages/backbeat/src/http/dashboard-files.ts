import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'

const compress = promisify(brotliCompress)

/** Beside the code where it is published, and below `dist` where it runs from source. */
const FOLDERS = [new URL('../dashboard/', import.meta.url), new URL('../../dist/dashboard/', import.meta.url)]

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

export interface Asset {
  type: string
  content: Buffer<ArrayBuffer>
  /** The same, in brotli. */
  compressed: Buffer<ArrayBuffer>
}

/** The files that the dashboard's build wrote. Names are looked up, never made into paths. */
export class DashboardFiles {
  readonly #folder: URL | undefined
  readonly #assets = new Map<string, Promise<Asset>>()
  #names: Promise<ReadonlySet<string>> | undefined

  /** @param folders where the build may be; the first that has a page is used */
  constructor(folders: readonly URL[] = FOLDERS) {
    this.#folder = folders.find((folder) => existsSync(new URL('index.html', folder)))
  }

  /** The page, with relative addresses of assets; `undefined` where nothing was built. */
  async page(): Promise<string | undefined> {
    return this.#folder && readFile(new URL('index.html', this.#folder), 'utf8')
  }

  async asset(name: string): Promise<Asset | undefined> {
    if (!(await this.#known()).has(name)) return undefined
    const asset = this.#assets.get(name) ?? this.#read(name)
    this.#assets.set(name, asset)
    return asset
  }

  #known(): Promise<ReadonlySet<string>> {
    const folder = this.#folder
    this.#names ??= folder
      ? readdir(new URL('assets/', folder)).then((names) => new Set(names))
      : Promise.resolve(new Set<string>())
    return this.#names
  }

  async #read(name: string): Promise<Asset> {
    const content = await readFile(new URL(`assets/${name}`, this.#folder))
    // The highest quality takes seconds; this one takes a moment, once.
    const params = { [constants.BROTLI_PARAM_QUALITY]: 6 }
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
    return { type, content, compressed: await compress(content, { params }) }
  }
}
