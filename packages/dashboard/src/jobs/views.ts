/** A filter that somebody gave a name. */
export interface View {
  name: string
  filter: string
}

const MAX_NAME = 60

/** What a browser has kept, as far as it is of use: it may be of another version, or edited by hand. */
export function viewsIn(kept: string | undefined): View[] {
  try {
    const read: unknown = JSON.parse(kept ?? '[]')
    if (!Array.isArray(read)) return []
    return read.flatMap((view) =>
      typeof view?.name === 'string' && typeof view.filter === 'string'
        ? [{ name: view.name, filter: view.filter }]
        : [],
    )
  } catch {
    return []
  }
}

/** By their names; one of the same name is replaced. */
export function withView(views: readonly View[], { name, filter }: View): View[] {
  const added = { name: name.trim().slice(0, MAX_NAME), filter }
  return [...views.filter((view) => view.name !== added.name), added].sort((a, b) => a.name.localeCompare(b.name))
}

export function withoutView(views: readonly View[], name: string): View[] {
  return views.filter((view) => view.name !== name)
}

/** The view under another name; it takes the place of one that has that name. */
export function renamed(views: readonly View[], name: string, next: string): View[] {
  const view = views.find((one) => one.name === name)
  return view && next.trim() !== ''
    ? withView(withoutView(views, name), { name: next, filter: view.filter })
    : [...views]
}
