/** How far something is, with a word beside it. */
export function Progress({ percent, text }: { percent: number; text: string }) {
  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'minmax(60px, 110px) 34px 1fr', gap: 8, alignItems: 'center' }}>
      <div
        className="bar"
        role="progressbar"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={text || `${percent} %`}
      >
        <i style={{ width: `${percent}%` }} />
      </div>
      <span className="right">{percent} %</span>
      <span className="clip muted" title={text}>
        {text}
      </span>
    </div>
  )
}
