import { useTranslation } from 'react-i18next'
import { formatPercent } from '../format/percent.ts'

/** How far something is, with a word beside it. */
export function Progress({ percent, text }: { percent: number; text: string }) {
  const { i18n } = useTranslation()
  const share = formatPercent(percent / 100, i18n.language)
  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'minmax(60px, 110px) 40px 1fr', gap: 8, alignItems: 'center' }}>
      <div
        className="bar"
        role="progressbar"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={text || share}
      >
        <i style={{ width: `${percent}%` }} />
      </div>
      <span className="right">{share}</span>
      <span className="clip muted" title={text}>
        {text}
      </span>
    </div>
  )
}
