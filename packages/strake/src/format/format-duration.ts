/** Writes how long a step took as buildx does: `0.0s`, `12.3s`, and from a minute on `1m 5s` in whole seconds. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}h ${minutes}m ${whole % 60}s` : `${minutes}m ${whole % 60}s`;
}

/** Writes how long something is ago as docker does: `About an hour ago`, `3 weeks ago`. */
export function formatAge(milliseconds: number): string {
  return `${roughly(milliseconds / 1000)} ago`;
}

/** The steps of docker's `units.HumanDuration`. */
function roughly(elapsed: number): string {
  const seconds = Math.floor(elapsed);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(elapsed / 60);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(elapsed / 3600);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(elapsed / 3600 / 24 / 365)} years`;
}
