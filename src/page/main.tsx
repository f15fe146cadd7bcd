/** Starts the page: puts it where its document has a place for it, with its style sheet. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Mishap } from './parts/mishap.tsx';
import './style/base.css';
import './style/layout.css';
import './style/messages.css';
import './style/message.css';
import './style/parts.css';
import './style/belonging.css';

const place = document.getElementById('page');
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <Mishap>
        <App />
      </Mishap>
    </StrictMode>,
  );
}
