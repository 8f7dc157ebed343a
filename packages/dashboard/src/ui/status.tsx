import type { JobSummary } from 'backbeat/client'
import { useTranslation } from 'react-i18next'

export type Status = JobSummary['status']

const TONES: Record<Status, string> = {
  pending: 'hollow',
  running: 'accent',
  retrying: 'amber',
  completed: 'green',
  completed_with_warnings: 'amber',
  failed: 'red',
  stuck: 'violet',
  cancelled: 'gray',
}

export const STATUSES = Object.keys(TONES) as Status[]

export function StatusMark({ status }: { status: Status }) {
  const { t } = useTranslation()
  return (
    <span className="status" data-status={status}>
      <Dot tone={TONES[status]} />
      {t(`status.${status}`)}
    </span>
  )
}

export function Dot({ tone }: { tone: string }) {
  return <span className="dot" data-tone={tone} aria-hidden="true" />
}

export function toneOf(status: Status): string {
  return TONES[status]
}
