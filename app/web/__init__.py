"""Process 2: faces browsers; Streamlit with the routes around it."""
