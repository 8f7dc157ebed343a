/** The URL of a module of this package: `.ts` when the source runs as it stands, `.js` once it is built. */
export function siblingModule(from: string, path: string): URL {
  return new URL(`./${path}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}
