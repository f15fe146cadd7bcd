/** What is shown in place of a page that has failed: better than nothing at all. */
import { Component, type ReactNode } from 'react';

interface MishapState {
  readonly problem?: string;
}

export class Mishap extends Component<{ readonly children: ReactNode }, MishapState> {
  override state: MishapState = {};

  static getDerivedStateFromError(error: unknown): MishapState {
    return { problem: error instanceof Error ? error.message : 'It cannot be said what.' };
  }

  override render(): ReactNode {
    if (this.state.problem === undefined) return this.props.children;
    return (
      <main className="login">
        <div className="login-card" role="alert">
          <h1>Something went wrong</h1>
          <p className="login-lead">{this.state.problem}</p>
          <button type="button" className="primary wide" onClick={() => location.reload()}>
            Load the page again
          </button>
        </div>
      </main>
    );
  }
}
