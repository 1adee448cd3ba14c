/** Writes a time in seconds, of UTC, as docker's history does (RFC 3339): `2024-05-01T12:00:00Z`. */
export function rfc3339Time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Writes a time as Go prints it in UTC, which is what docker's `CreatedAt` is: `2024-05-01 12:00:00 +0000 UTC`. */
export function goTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}
