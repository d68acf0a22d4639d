"""The talking photo: photo and script in, video, renditions and kit out."""
