/** Which colours: those of the system, or always the same. */
export const SCHEMES = ['auto', 'light', 'dark'] as const
