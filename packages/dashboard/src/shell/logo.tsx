export function Logo() {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 9, fontWeight: 650 }}>
      <svg width="22" height="22" viewBox="0 0 16 16" aria-hidden="true">
        <rect width="16" height="16" rx="4" fill="#3b5bdb" />
        <path
          d="M3 9h2l2-4 2 6 2-4h2"
          fill="none"
          stroke="#fff"
          strokeWidth="1.5"
          strokeLinejoin="round"
          strokeLinecap="round"
        />
      </svg>
      <span className="logo-name">Backbeat</span>
    </span>
  )
}
