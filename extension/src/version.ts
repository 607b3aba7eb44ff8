/** A version as npm writes it (`0.2.0-alpha.1`), as Python writes it (`0.2.0a1`). */
export function pythonVersion(version: string): string {
  return version.replace(/-(alpha|beta|rc)\.?/, (_, stage: string) => (stage === 'rc' ? 'rc' : stage[0]));
}
