import type { Session, Task } from 'backbeat/client'

/** Tasks whose name or description has every word of the text. */
export function matching(tasks: readonly Task[], text: string): Task[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return tasks.filter(({ name, description, queue }) => {
    const searched = `${name} ${description} ${queue}`.toLowerCase()
    return words.every((word) => searched.includes(word))
  })
}

/** How many of its jobs ended within 24 hours, however they did. */
export function endedOf({ last_24h: counts }: Pick<Task, 'last_24h'>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Whether somebody may start the task; the server decides for itself. */
export function mayStart(session: Session, task: string): boolean {
  return mayChoose(session, task) || session.starts.some((pattern) => matches(pattern, task))
}

/** Whether somebody may say how the task's jobs are run, too. */
export function mayChoose({ permissions, tasks }: Session, task: string): boolean {
  if (!permissions.includes('background_tasks.manage')) return false
  return tasks === null || tasks.some((pattern) => matches(pattern, task))
}

/** `*` stands for any characters. */
function matches(pattern: string, task: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(task)
}
