import type { JobSummary } from 'backbeat/client'
import type { ReactNode } from 'react'
import { Progress } from '../ui/progress.tsx'
import { StatusMark } from '../ui/status.tsx'
import { Ago, Elapsed } from '../ui/time.tsx'

export interface Column {
  name: string
  /** As `grid-template-columns` writes it. */
  width: string
  cell: (job: JobSummary) => ReactNode
  isRight?: boolean
}

export const COLUMNS: readonly Column[] = [
  { name: 'status', width: '140px', cell: ({ status }) => <StatusMark status={status} /> },
  {
    name: 'task',
    width: 'minmax(210px, 1.1fr)',
    cell: (job) => (
      <div className="clip" title={job.task_type}>
        {job.task_type}
      </div>
    ),
  },
  { name: 'detail', width: 'minmax(220px, 1.6fr)', cell: (job) => <Detail job={job} /> },
  {
    name: 'tags',
    width: 'minmax(90px, 0.6fr)',
    cell: ({ tags }) => <div className="clip muted mono">{tags.join(' ')}</div>,
  },
  { name: 'queue', width: '120px', cell: ({ queue }) => <div className="clip muted">{queue}</div> },
  {
    name: 'attempt',
    width: '64px',
    isRight: true,
    cell: ({ attempt, max_attempts }) => <span className="muted">{`${attempt}/${max_attempts}`}</span>,
  },
  { name: 'startedBy', width: '130px', cell: ({ triggered_by }) => <div className="clip muted">{triggered_by}</div> },
  { name: 'worker', width: '150px', cell: ({ worker }) => <div className="clip muted mono">{worker ?? '–'}</div> },
  {
    name: 'duration',
    width: '86px',
    isRight: true,
    cell: ({ started_at, completed_at, status }) =>
      status === 'pending' || status === 'retrying' ? '–' : <Elapsed from={started_at} to={completed_at} />,
  },
  { name: 'created', width: '92px', isRight: true, cell: ({ created_at }) => <Ago at={created_at} /> },
  { name: 'id', width: '280px', cell: ({ id }) => <span className="mono muted">{id}</span> },
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
