import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A small disk of its own that can be filled. */
export class SmallDisk {
  readonly folder: string

  /** @returns `undefined` where this process may not mount one */
  static mount(folder: string, megabytes: number): SmallDisk | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
    mkdirSync(folder)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      return undefined
    }
    return new SmallDisk(folder)
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Leaves not one byte. */
  fill(): void {
    const ballast = openSync(join(this.folder, 'ballast'), 'a')
    for (let size = 1024 * 1024; size >= 1; size = size > 4096 ? size / 2 : size === 1 ? 0 : 1) {
      while (wrote(ballast, size));
    }
    closeSync(ballast)
  }

  free(): void {
    rmSync(join(this.folder, 'ballast'), { force: true })
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder])
  }
}

function wrote(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0
  } catch {
    return false
  }
}
