import type { Attempt } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { Dot } from '../ui/status.tsx'

const TONES: Record<Attempt['outcome'], string> = {
  running: 'accent',
  completed: 'green',
  failed: 'red',
  cancelled: 'gray',
  snoozed: 'hollow',
  released: 'hollow',
  lost: 'violet',
}

/** How an attempt ended. */
export function OutcomeMark({ outcome }: { outcome: Attempt['outcome'] }) {
  const { t } = useTranslation()
  return (
    <span className="status">
      <Dot tone={TONES[outcome]} />
      {t(`outcome.${outcome}`)}
    </span>
  )
}
