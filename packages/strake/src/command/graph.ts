import { planRequest } from "../compose/plan-request.ts";
import { printGraph, toGraph } from "./draw-graph.ts";
import type { GraphRequest } from "./request.ts";

/** Draws the steps of images as a graph; nothing is built or written. */
export async function graph(request: GraphRequest, signal: AbortSignal): Promise<string> {
  return printGraph(toGraph(await planRequest(request, signal)), request.format);
}
