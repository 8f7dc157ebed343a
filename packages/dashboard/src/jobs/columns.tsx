import type { JobSummary } from 'backbeat/client'
import type { ReactNode } from 'react'
import { Progress } from '../ui/progress.tsx'
import { StatusMark } from '../ui/status.tsx'
import { Ago, Elapsed } from '../ui/time.tsx'

export interface Column {
  name: string
  /** In pixels, at least. */
  width: number
  /** Its share of what is left over. Default: none. */
  grow?: number
  cell: (job: JobSummary) => ReactNode
  isRight?: boolean
}

export const COLUMNS: readonly Column[] = [
  { name: 'status', width: 132, cell: ({ status }) => <StatusMark status={status} /> },
  {
    name: 'task',
    width: 200,
    grow: 1,
    cell: (job) => (
      <div className="clip" title={job.task_type}>
        {job.task_type}
      </div>
    ),
  },
  { name: 'detail', width: 240, grow: 3, cell: (job) => <Detail job={job} /> },
  {
    name: 'tags',
    width: 90,
    grow: 0.4,
    cell: ({ tags }) => <div className="clip muted mono">{tags.join(' ')}</div>,
  },
  { name: 'queue', width: 100, cell: ({ queue }) => <div className="clip muted">{queue}</div> },
  {
    name: 'attempt',
    width: 64,
    isRight: true,
    cell: ({ attempt, max_attempts }) => <span className="muted">{`${attempt}/${max_attempts}`}</span>,
  },
  { name: 'startedBy', width: 130, cell: ({ triggered_by }) => <div className="clip muted">{triggered_by}</div> },
  { name: 'worker', width: 150, cell: ({ worker }) => <div className="clip muted mono">{worker ?? '–'}</div> },
  {
    name: 'duration',
    width: 86,
    isRight: true,
    cell: ({ started_at, completed_at, status }) =>
      status === 'pending' || status === 'retrying' ? '–' : <Elapsed from={started_at} to={completed_at} />,
  },
  { name: 'created', width: 92, isRight: true, cell: ({ created_at }) => <Ago at={created_at} /> },
  { name: 'id', width: 280, cell: ({ id }) => <span className="mono muted">{id}</span> },
]

export const SHOWN_AT_FIRST = ['status', 'task', 'detail', 'tags', 'queue', 'attempt', 'duration', 'created']

/** What is most worth saying of a job: its progress, its error, or what it said last. */
export function Detail({ job }: { job: JobSummary }) {
  if (job.status === 'running' && (job.total_items > 0 || job.progress_percent > 0)) {
    return <Progress percent={job.progress_percent} text={job.progress_message ?? counted(job)} />
  }
  if (job.error_message !== null && job.status !== 'completed') {
    return (
      <div className="clip" title={job.error_message}>
        {job.error_message}
      </div>
    )
  }
  return <div className="clip muted">{job.cancel_reason ?? job.progress_message ?? ''}</div>
}

function counted({ processed_items, total_items }: JobSummary): string {
  return total_items > 0 ? `${processed_items} / ${total_items}` : ''
}
